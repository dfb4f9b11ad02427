import { DataError, expectOptions, type Device } from '../../engine/index';
import { jsonOf, opener, type FolderOptions, type ModelFolder } from '../files/folder';
import { FeatureExtractor } from './feature_extractor';

/**
 * The feature extractor of a model's folder: preprocessor_config.json. Throws `DataError` where it is not there, and for what is not
 * done, by name.
 */
export async function loadFeatureExtractor(
  device: Device,
  folder: ModelFolder,
  options: FolderOptions = {},
): Promise<FeatureExtractor> {
  const { signal, fetch } = options;
  expectOptions('loadFeatureExtractor', options, { signal, fetch });
  const config = await jsonOf(opener(folder, options), 'preprocessor_config.json');
  if (config) return new FeatureExtractor(device, config);
  const todo = 'Give the folder of a model that hears, with all of its files.';
  throw new DataError('preprocessor_config.json', 'it is not there', todo);
}
