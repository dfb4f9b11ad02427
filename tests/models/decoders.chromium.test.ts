// Parity of decoder-only families with Hugging Face Transformers, see tests/fixtures/make_decoders.py.
import { bloom } from '../../models/families/bloom';
import { gemma, gemma2 } from '../../models/families/gemma';
import { gptNeox } from '../../models/families/gpt_neox';
import { mistral } from '../../models/families/mistral';
import { opt } from '../../models/families/opt';
import { phi } from '../../models/families/phi';
import { phi3 } from '../../models/families/phi3';
import { qwen2 } from '../../models/families/qwen2';
import { qwen3 } from '../../models/families/qwen3';
import about from '../fixtures/decoders.json';
import { decoderParity } from './decoder_parity';

for (const family of [mistral, qwen2, qwen3, gemma, gemma2, phi, phi3, gptNeox, opt, bloom]) {
  decoderParity(family, about, 'decoders.safetensors');
}
