// CommonJS, because the size of Node's thread pool must be known before any ES module is imported.
import fs = require('node:fs');
import path = require('node:path');

/** A limit of a control group, and the file that sets it. */
interface Limit {
  readonly value: number;
  readonly source: string;
}

/** Limits of this process's control groups. A field is absent if there is no limit. */
interface ContainerLimits {
  /** Memory in bytes: the smallest limit between the process's group and the root. */
  readonly memory?: Limit;
  /**
   * Available memory in bytes: the smallest remainder of these groups. Cached file pages do not count as used, because the kernel reclaims
   * them.
   */
  readonly memoryAvailable?: number;
  /** CPU time in seconds per second, e.g. 1.5. */
  readonly cores?: Limit;
}

/** A mounted hierarchy of control groups. Version 2 has one hierarchy for all controllers; version 1 has one per controller. */
interface Hierarchy {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** The group that is visible at the mount point. */
  readonly root: string;
  readonly mountPoint: string;
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Parses a positive integer. `max`, `-1`, invalid text and undefined mean no limit. */
const parseLimit = (text: string | undefined): number =>
  /^\d+$/.test(text ?? '') && Number(text) > 0 ? Number(text) : Infinity;

/** Value of the line `NAME NUMBER` in a file such as memory.stat, or 0 if the line is missing. */
const readStat = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));

/** Parses the lines of mountinfo: `31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw` (proc(5)). */
function parseMountinfo(mountinfo: string): Hierarchy[] {
  return mountinfo.split('\n').flatMap((line): Hierarchy[] => {
    const [mount = '', source = ''] = line.split(' - ');
    const [, , , root, mountPoint] = mount.split(' ');
    const [type, , options = ''] = source.split(' ');
    if (root === undefined || mountPoint === undefined) return [];
    const location = {root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint)};
    if (type === 'cgroup2') return [{version: 2, controllers: ['memory', 'cpu'], ...location}];
    return type === 'cgroup' ? [{version: 1, controllers: options.split(','), ...location}] : [];
  });
}

/** The usual mount points, for a process that cannot read mountinfo. */
const DEFAULT_HIERARCHIES: readonly Hierarchy[] = [
  {version: 2, controllers: ['memory', 'cpu'], root: '/', mountPoint: '/sys/fs/cgroup'},
  {version: 1, controllers: ['memory'], root: '/', mountPoint: '/sys/fs/cgroup/memory'},
  {version: 1, controllers: ['cpu'], root: '/', mountPoint: '/sys/fs/cgroup/cpu'},
];

/** The process's group in a hierarchy. Version 1 has lines like `4:memory:/a/b`, version 2 has `0::/a/b` (cgroups(7)). */
function findGroup({version}: Hierarchy, controller: string, groups: string): string {
  const lines = groups.split('\n').map(line => /^(\d+):([^:]*):(.*)$/.exec(line));
  const ownLine = lines.find(line =>
    version === 2
      ? line?.[1] === '0' && line[2] === ''
      : line?.[2]!.split(',').includes(controller),
  );
  return ownLine?.[3] ?? '/';
}

/** Folders of the process's group and its ancestors, as far up as they are visible. */
function groupFolders(hierarchy: Hierarchy, controller: string, groups: string): string[] {
  const {root, mountPoint} = hierarchy;
  const group = findGroup(hierarchy, controller, groups);
  const relativePath =
    root === '/'
      ? group
      : group === root || group.startsWith(`${root}/`)
        ? group.slice(root.length)
        : '';
  // A container may see its group as /../.., or as a host path that is not mounted. Only the mount point is visible then.
  const names = relativePath.split('/').filter(name => name !== '');
  const isInside = !names.includes('..');
  return (isInside ? names : []).reduce(
    (folders, name) => [path.join(folders[0]!, name), ...folders],
    [mountPoint],
  );
}

/** Memory limit and usage of one group, in bytes. */
function readMemoryLimit(
  folder: string,
  version: 1 | 2,
): {readonly limit: Limit; readonly usedBytes: number} {
  const statistics = readText(path.join(folder, 'memory.stat'));
  const files = version === 2 ? ['memory.max', 'memory.high'] : ['memory.limit_in_bytes'];
  const limits = files.map(name => ({
    value: parseLimit(readText(path.join(folder, name))),
    source: path.join(folder, name),
  }));
  // Includes the limits of groups that are not visible inside the container.
  if (version === 1)
    limits.push({
      value: readStat(statistics, 'hierarchical_memory_limit') || Infinity,
      source: path.join(folder, 'memory.stat'),
    });
  const usage = readText(
    path.join(folder, version === 2 ? 'memory.current' : 'memory.usage_in_bytes'),
  );
  const prefix = version === 2 ? '' : 'total_';
  const cached =
    readStat(statistics, `${prefix}inactive_file`) + readStat(statistics, `${prefix}active_file`);
  return {
    limit: limits.reduce((smallest, limit) => (limit.value < smallest.value ? limit : smallest)),
    usedBytes: Math.max(0, (Number(usage) || 0) - cached),
  };
}

function readCoreLimit(folder: string, version: 1 | 2): Limit {
  const [quota, period = '100000'] =
    version === 2
      ? readText(path.join(folder, 'cpu.max')).split(/\s+/)
      : ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map(name => readText(path.join(folder, name)));
  const coreCount = parseLimit(quota) / parseLimit(period);
  return {
    value: coreCount > 0 ? coreCount : Infinity,
    source: path.join(folder, version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us'),
  };
}

/**
 * Reads the limits of this process's control groups (version 1, version 2 or both), as far up as they are mounted. Unreadable or invalid
 * values mean no limit.
 * @param root replaces `/`
 */
function containerLimits(root = '/'): ContainerLimits {
  const groups = readText(path.join(root, 'proc/self/cgroup'));
  const mounted = parseMountinfo(readText(path.join(root, 'proc/self/mountinfo')));
  const hierarchies = mounted.length === 0 ? DEFAULT_HIERARCHIES : mounted;
  const readGroups = <T,>(controller: string, read: (folder: string, version: 1 | 2) => T): T[] =>
    hierarchies
      .filter(({controllers}) => controllers.includes(controller))
      .flatMap(hierarchy =>
        groupFolders(hierarchy, controller, groups).map(folder =>
          read(path.join(root, folder), hierarchy.version),
        ),
      );
  const smallest = (limits: readonly Limit[]): Limit | undefined =>
    limits
      .filter(({value}) => value < UNLIMITED)
      .reduce<Limit | undefined>(
        (a, b) => (a === undefined || b.value < a.value ? b : a),
        undefined,
      );
  const memories = readGroups('memory', readMemoryLimit).filter(
    ({limit}) => limit.value < UNLIMITED,
  );
  const memory = smallest(memories.map(({limit}) => limit));
  const cores = smallest(readGroups('cpu', readCoreLimit));
  return {
    ...(memory && {
      memory,
      memoryAvailable: Math.max(
        0,
        Math.min(...memories.map(({limit, usedBytes}) => limit.value - usedBytes)),
      ),
    }),
    ...(cores && {cores}),
  };
}

/** Version 1 reports "no limit" as 2^63, rounded down to pages. */
const UNLIMITED = 2 ** 62;

export = containerLimits;
