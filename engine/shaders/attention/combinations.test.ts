import { ops } from '../../../checks/ops/attention_combinations';
import { onLavapipe, testOps } from '../../../tests/harness/op';

testOps(ops, onLavapipe);
