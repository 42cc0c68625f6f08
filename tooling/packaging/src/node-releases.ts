import { tmpdir } from 'node:os'
import { runOrThrow } from './spawned.ts'

/** The floor, and the newest of each line that we support. */
export const nodeReleases = ['20.19.0', '22.23.3', '24.21.0', '26.10.0'] as const
export type NodeRelease = (typeof nodeReleases)[number]

const located = new Map<NodeRelease, Promise<string>>()

/** The program of a release, taken from the npm registry once and from npm's cache afterwards. */
export function locateNode(release: NodeRelease): Promise<string> {
  let path = located.get(release)
  if (!path) {
    path = runOrThrow('npx', ['-y', '-p', `node@${release}`, '-c', 'node -p process.execPath'], tmpdir()).then((output) =>
      output.trim().split('\n').at(-1)!.trim(),
    )
    located.set(release, path)
  }
  return path
}
