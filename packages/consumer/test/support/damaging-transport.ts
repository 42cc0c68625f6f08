import type { Transport, TransportConnection, TransportHandler, TransportTarget } from '@k/protocol'

/** A transport on which bits flip: wherever the marker passes on its way to the client. */
export class DamagingTransport implements Transport {
  readonly #inner: Transport
  readonly #marker: Buffer
  /** How often it happened. */
  damaged = 0
  /** Whether it happens. */
  isOn = true

  constructor(inner: Transport, marker: string) {
    this.#inner = inner
    this.#marker = Buffer.from(marker)
  }

  connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection> {
    let area: Uint8Array = new Uint8Array()
    return this.#inner.connect(target, {
      buffer: () => {
        area = handler.buffer()
        return area
      },
      received: (length) => {
        const at = Buffer.from(area.buffer, area.byteOffset, length).indexOf(this.#marker)
        if (this.isOn && at >= 0) {
          area[at]! ^= 1
          this.damaged++
        }
        handler.received(length)
      },
      drained: () => handler.drained(),
      closed: (error) => handler.closed(error),
    })
  }
}
