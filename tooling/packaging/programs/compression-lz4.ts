import { lz4 } from '@k/compression-lz4'

async function main(): Promise<void> {
  const codec = lz4()
  const compressed = await codec.compress(Buffer.from('paid '.repeat(100)))
  const restored = await codec.decompress(compressed, 1000)
  console.log(`restored ${restored.byteLength} bytes of ${compressed.byteLength < 100 ? 'few' : 'many'}`)
}

main()
