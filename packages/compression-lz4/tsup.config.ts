export { publishedPackage as default } from '../../tooling/tsup/published-package.ts'
