// Node loads @k/producer twice here: an error of one copy must be an error of the other.
import { createRequire } from 'node:module'
import * as esm from '@k/producer'

const cjs = createRequire(import.meta.url)('@k/producer')
let error
try {
  new esm.Producer({ bootstrapServers: 5 })
} catch (thrown) {
  error = thrown
}
console.log(
  `${cjs.KafkaError !== esm.KafkaError} ${error instanceof cjs.KafkaError} ${cjs.KafkaError.is(error)} ${cjs.ConfigError.is(error)} ${cjs.KafkaError.is(error, error.code)}`,
)
