import { DataError, expectOptions } from '../../engine/index';
import { jsonOf, opener, type FolderOptions, type ModelFolder } from '../files/folder';
import { ImageProcessor } from './image_processor';

/**
 * The image processor of a model's folder: preprocessor_config.json, with config.json's model_type where that does not say
 * its class. Throws `DataError` where it is not there, and for what is not done, by name.
 */
export async function loadImageProcessor(
  folder: ModelFolder,
  options: FolderOptions = {},
): Promise<ImageProcessor> {
  const { signal, fetch } = options;
  expectOptions('loadImageProcessor', options, { signal, fetch });
  const open = opener(folder, options);
  const config = await jsonOf(open, 'preprocessor_config.json');
  if (!config) {
    const todo = 'Give the folder of a model that reads images, with all of its files.';
    throw new DataError('preprocessor_config.json', 'it is not there', todo);
  }
  const type = (await jsonOf(open, 'config.json'))?.model_type;
  return new ImageProcessor(config, typeof type === 'string' ? type : null);
}
