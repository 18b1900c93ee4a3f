/** An error whose message is the reason why an image cannot be read. */
export class ImageError extends Error {}
