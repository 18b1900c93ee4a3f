import {readdirSync, readFileSync} from 'node:fs';

/** Linux counts processor time in hundredths of a second for whoever asks, whatever it counts in itself. */
const TICKS = 100;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // the process has ended, or this is not Linux
  }
}

/** What /proc/PID/stat says after the name, which stands in brackets and may hold anything. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

const sumOf = (fields: readonly string[], from: number, until: number): number =>
  fields.slice(from, until).reduce((sum, field) => sum + Number(field), 0);

/** Process group, and hundredths of a second of processor time, of ended children too. */
export function groupAndTicks(stat: string): {readonly group: number; readonly ticks: number} {
  const fields = fieldsOf(stat);
  return {group: Number(fields[2]), ticks: sumOf(fields, 11, 15)};
}

/** Processor seconds that all processes of a group have taken so far; undefined where the system does not tell. */
export function processorSeconds(group: number): number | undefined {
  const found = (read('/proc/self/stat') === undefined ? [] : readdirSync('/proc'))
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => read(`/proc/${name}/stat`) ?? [])
    .map(groupAndTicks)
    .filter(stats => stats.group === group);
  return found.length === 0 ? undefined : found.reduce((sum, {ticks}) => sum + ticks, 0) / TICKS;
}

/** Processor seconds of the children of this process that have ended, and theirs; undefined where the system does not tell. */
export function endedChildrenSeconds(): number | undefined {
  const stat = read('/proc/self/stat');
  return stat === undefined ? undefined : sumOf(fieldsOf(stat), 13, 15) / TICKS;
}

/** The most memory that a process had in use, in MiB; undefined where the system does not tell. */
export function peakMemory(pid: number): number | undefined {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return found === undefined ? undefined : Number(found) / 1024;
}
