import { program } from '../../tooling/tsup/program.ts'

export default program(['src/verifiable-producer.ts', 'src/transactional-message-copier.ts'])
