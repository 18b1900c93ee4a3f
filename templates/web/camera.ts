import type {Drawable} from './image-source.js';

/** A camera in use. */
export interface Camera {
  readonly image: Drawable;
  stop(): void;
}

/** Why there is no camera, and what to do, by the name of the browser's error. */
const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError:
    'The browser was not allowed to use the camera. Allow it in the settings of this page.',
  NotFoundError: 'There is no camera.',
  NotReadableError: 'Another program uses the camera. Close it, and try again.',
};

export function describeCameraError(error: unknown): string {
  const {name = '', message = ''} = error as {name?: string; message?: string};
  return REASONS[name] ?? `The camera does not start: ${message}.`;
}

/** Opens the camera on the back of a phone, or the only one. @throws Error of the browser; see `describeCameraError` */
export async function openCamera(onEnded: () => void): Promise<Camera> {
  const {mediaDevices} = navigator as {mediaDevices?: MediaDevices};
  if (mediaDevices === undefined)
    throw new Error('browsers lend it to pages on https:// or localhost only');
  const stream = await mediaDevices.getUserMedia({video: {facingMode: 'environment'}});
  const video = document.createElement('video');
  Object.assign(video, {muted: true, playsInline: true, srcObject: stream});
  const stop = (): void => stream.getTracks().forEach(track => track.stop());
  for (const track of stream.getTracks()) track.addEventListener('ended', onEnded);
  try {
    await video.play();
  } catch (error) {
    stop();
    throw error;
  }
  const image = {
    source: video,
    get width() {
      return video.videoWidth;
    },
    get height() {
      return video.videoHeight;
    },
  };
  return {image, stop};
}
