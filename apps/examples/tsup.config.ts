import { program } from '../../tooling/tsup/program.ts'

export default program([
  'src/serialization-and-compression.ts',
  'src/custom-partitioner.ts',
  'src/produce-and-seek-over-tls.ts',
  'src/batches-by-hand.ts',
])
