// Run inside npx: says which node it found and where it put its programs.
process.stdout.write(`\n${JSON.stringify({ node: process.execPath, path: process.env.PATH })}`)
