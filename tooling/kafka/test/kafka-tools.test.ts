import { describe, expect, it } from 'vitest'
import { KafkaTools } from '../src/index.ts'
import { type Machine, thisMachine } from '../src/way.ts'

const machine: Machine = {
  ...thisMachine,
  platform: 'linux',
  javaMajorVersion: async () => 17,
  hasMaven: async () => true,
  jarsCached: () => false,
}

describe('KafkaTools', () => {
  it('says what to install where they cannot be run', async () => {
    const find = (lacks: Partial<Machine>) => KafkaTools.find('4.3.1', {}, { ...machine, ...lacks })
    await expect(find({ javaMajorVersion: async () => undefined })).rejects.toThrow(
      "Kafka's console tools cannot be run: Java was not found. Install Java and Maven.",
    )
    await expect(find({ hasMaven: async () => false })).rejects.toThrow('Maven was not found')
    await expect(find({ hasMaven: async () => false, jarsCached: () => true })).resolves.toBeInstanceOf(KafkaTools)
  })

  it('refuses a version that is not known', async () => {
    await expect(KafkaTools.find('0.1', {}, machine)).rejects.toThrow('Kafka 0.1 is not known here')
  })
})
