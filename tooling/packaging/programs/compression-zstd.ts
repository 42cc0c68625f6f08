import { zstd } from '@k/compression-zstd'

// One frame with one raw block, written by hand: on the oldest Node this codec only reads.
const frame = Buffer.from('28b52ffd003821000070616964', 'hex')

async function main(): Promise<void> {
  const restored = await zstd().decompress(frame, 1000)
  console.log(`restored ${restored.byteLength} bytes of a frame`)
}

main()
