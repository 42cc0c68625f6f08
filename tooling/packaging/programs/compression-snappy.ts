import { snappy } from '@k/compression-snappy'

async function main(): Promise<void> {
  const codec = snappy()
  const compressed = await codec.compress(Buffer.from('paid '.repeat(100)))
  const restored = await codec.decompress(compressed, 1000)
  console.log(`restored ${restored.byteLength} bytes of ${compressed.byteLength < 100 ? 'few' : 'many'}`)
}

main()
