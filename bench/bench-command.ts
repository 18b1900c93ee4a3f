export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}
