import {once} from 'node:events';
import {readModels} from '../../../export/ensemble/read-models.js';
import {printable} from '../../../core/text/printable.js';
import type {CommandHandler} from '../../command.js';
import {findModel, modelDirectory} from '../../find-model.js';
import {serveModel} from './model-server.js';
import {openBrowser} from './open-browser.js';

interface TryValues {
  readonly port: number;
  readonly open: boolean;
}

/** `finetune try [MODEL]`: serves the web page of a model to this machine, until it is stopped. */
export const tryCommand: CommandHandler = async ({positionals, values}, context) => {
  const {terminal, environment, signal} = context;
  const {port, open} = values as unknown as TryValues;
  const named = positionals.model as string | undefined;
  const directory =
    named === undefined ? findModel([], terminal).directory : (modelDirectory(named) ?? named);
  await readModels([directory]);
  const server = await serveModel(directory, port);
  const isOpened = open && (await openBrowser(server.url, environment));
  const hints = [
    ...(open && !isOpened
      ? ['No program was found that opens a browser. Open the address yourself.']
      : []),
    'Ctrl-C stops the server.',
  ];
  return {
    document: {url: server.url, port: server.port, model: directory},
    text: printable(server.url),
    hint: hints.map(hint => terminal.style.dim(hint)).join('\n'),
    running: async () => {
      if (!signal.aborted) await once(signal, 'abort');
      await server.close();
    },
  };
};
