import { ops } from '../../../checks/ops/rmsnorm';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
