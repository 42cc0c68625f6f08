import { type AnyApi, ConfigError } from '@k/protocol'
import { checkNames, checkType, shown } from '../option-checks.ts'
import type { RuleFilter } from './rule.ts'

/**
 * Refuses a filter that could let nothing through, since nobody would hear of that.
 * @param brokers - the ids that there are
 * @throws ConfigError
 */
export function checkFilter(filter: RuleFilter<AnyApi>, brokers: readonly number[]): void {
  checkNames('the filter', filter, ['broker', 'clientId', 'connection', 'when'])
  const { broker, clientId, connection, when } = filter
  if (broker !== undefined && !brokers.includes(broker)) {
    throw new ConfigError('broker', `must be the id of a broker (${brokers.join(', ')}), not ${shown(broker)}`)
  }
  checkType('clientId', clientId, 'string')
  checkType('connection', connection, 'number')
  checkType('when', when, 'function')
}
