/** Two attentions that read the same rows and bias: each adds its gradient to the other's, and draws dropout of its own. */
import { ops } from '../../../checks/ops/attention_readers';
import { onLavapipe, testOps } from '../../../tests/harness/op';

testOps(ops, onLavapipe);
