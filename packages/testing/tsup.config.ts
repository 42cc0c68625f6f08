import { publishedPackageWithCommand } from '../../tooling/tsup/published-package.ts'

export default publishedPackageWithCommand('@k/testing')
