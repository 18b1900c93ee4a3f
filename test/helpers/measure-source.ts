import {parsers} from 'prettier/plugins/babel';
import type {ParserOptions} from 'prettier';

/** What the architecture test counts in a file. */
export interface SourceMeasure {
  /** Import statements. */
  readonly imports: number;
  readonly functions: readonly {readonly name: string; readonly lines: number}[];
}

/** The little of a syntax tree that is read here. */
interface SyntaxNode {
  readonly type: string;
  readonly loc: {readonly start: {readonly line: number}; readonly end: {readonly line: number}};
  readonly id?: {readonly name?: string} | null;
  readonly key?: {readonly name?: string; readonly id?: {readonly name?: string}};
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
]);

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'loc' in value;

const nameOf = (node?: SyntaxNode): string | undefined =>
  node?.id?.name ?? node?.key?.name ?? node?.key?.id?.name;

/**
 * Import statements of a TypeScript file, and the lines of every function with a body: from the first line of its signature to
 * its closing brace. Prettier's parser is used, for the compiler has none to offer.
 */
export async function measureSource(text: string): Promise<SourceMeasure> {
  const functions: {name: string; lines: number}[] = [];
  let imports = 0;
  const visit = (node: SyntaxNode, parent?: SyntaxNode): void => {
    if (/^(ImportDeclaration|TSImportEqualsDeclaration)$/.test(node.type)) imports++;
    if (FUNCTIONS.has(node.type)) {
      const name = nameOf(node) ?? nameOf(parent) ?? 'anonymous';
      functions.push({name, lines: node.loc.end.line - node.loc.start.line + 1});
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, node);
  };
  const tree: {program: SyntaxNode} = await parsers['babel-ts'].parse(text, {} as ParserOptions);
  visit(tree.program);
  return {imports, functions};
}
