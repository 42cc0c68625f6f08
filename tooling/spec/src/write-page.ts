import { writeFileSync } from 'node:fs'
import { pageFile, protocolPage } from './page.ts'

writeFileSync(pageFile, protocolPage())
