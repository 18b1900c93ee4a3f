import type {ObjectSchema} from '../../core/schema.js';

/** JSON Schema of one value. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

/** Names the type of a value where its schema cannot; there is no such key. */
export declare const VALUE: unique symbol;

/** A schema and the type of its values. */
export type SchemaOf<Value> = ValueSchema & {readonly [VALUE]?: Value};

/** For values of a narrower type than JSON Schema can say. */
export const schemaOf = <Value>(schema: ValueSchema): SchemaOf<Value> => schema;

/** An option of a command line or a recipe file. */
export interface Option {
  readonly schema: ValueSchema;
  /** A clause for the help, the JSON Schema and docs/options.md. */
  readonly help: string;
  /** What holds unless it is given. */
  readonly default?: unknown;
  /** What holds where there is no constant to name. */
  readonly defaultText?: string;
  /** Chosen from the dataset (recipe/recommend.ts). */
  readonly isRecommended?: true;
  /** A value to show where there is no default. */
  readonly example?: unknown;
  /** Names a file or folder, or may. */
  readonly isPath?: true;
}

/** One row of `OPTIONS`. */
export interface OptionRow extends Option {
  /**
   * `recipe`: how to train, a key of the library's recipe. `run`: on what and where, a key of a recipe file, too.
   * `console`: what the command line says and resumes, in no recipe file.
   */
  readonly scope: 'recipe' | 'run' | 'console';
  /** What most people need, first in a long help. */
  readonly isCommon?: true;
  /** A resumed run may have another value: no number depends on it. */
  readonly mayChangeOnResume?: true;
  /** A key of recipe files without a flag: its value is an object or a list. */
  readonly isFileOnly?: true;
}

/** Options by camelCase key. */
export type OptionTable = Readonly<Record<string, Option>>;

/** The type of an option's values, from its schema. */
export type ValueOf<Row extends Option> = typeof VALUE extends keyof Row['schema']
  ? Exclude<Row['schema'][typeof VALUE], undefined>
  : Row['schema'] extends {readonly enum: readonly (infer Choice)[]}
    ? Choice
    : Row['schema'] extends {readonly type: 'integer' | 'number'}
      ? number
      : Row['schema'] extends {readonly type: 'boolean'}
        ? boolean
        : string;

/** What a document says of an option: its schema, default and description. */
export const toValueSchema = ({
  schema,
  default: value,
  help,
  defaultText,
}: Option): ValueSchema => ({
  ...schema,
  ...(value !== undefined && {default: value}),
  description: defaultText === undefined ? help : `${help} [default: ${defaultText}]`,
});

/** The schema of a document whose keys are options. */
export const toObjectSchema = (options: OptionTable): ObjectSchema => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(options).map(([key, option]) => [key, toValueSchema(option)]),
  ),
});
