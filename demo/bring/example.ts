import { hub } from '../../models/index';
import { pipeline } from '../../models/tasks/index';

export async function classify(texts: readonly string[]): Promise<unknown> {
  const model = hub('distilbert/distilbert-base-uncased-finetuned-sst-2-english');
  using classify = await pipeline('text-classification', model);
  return await classify(texts); // [{ label: 'POSITIVE', score: 0.9998 }, …]
}
