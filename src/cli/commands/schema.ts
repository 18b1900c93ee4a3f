import type {Action} from '../action.js';
import {recipeFileSchema} from '../recipe-document.js';

/** `finetune schema` */
export const schema: Action = async () => {
  const document = recipeFileSchema();
  return {document, text: JSON.stringify(document, null, 2)};
};
