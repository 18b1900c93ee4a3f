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

/** Process group, and hundredths of a second of processor time, of ended children too. */
export function groupAndTicks(stat: string): {readonly group: number; readonly ticks: number} {
  // The name in brackets may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {group: Number(fields[2]), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)};
}

/** Processor seconds that all processes of a group have taken so far; undefined where the system does not tell. */
export function processorSeconds(group: number): number | undefined {
  const found = (read('/proc/self/stat') === undefined ? [] : readdirSync('/proc'))
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => read(`/proc/${name}/stat`) ?? [])
    .map(groupAndTicks)
    .filter(facts => facts.group === group);
  return found.length === 0 ? undefined : found.reduce((sum, {ticks}) => sum + ticks, 0) / TICKS;
}

/** The most memory that a process had in use, in MiB; undefined where the system does not tell. */
export function peakMemory(pid: number): number | undefined {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return found === undefined ? undefined : Number(found) / 1024;
}
