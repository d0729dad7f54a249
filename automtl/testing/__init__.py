"""
The contracts of `automtl.hookspecs` as tests: plugin authors call them in tests of their own.

Each function takes a class, or anything else that makes an instance, such as
``partial(SoftL2, strength=0.1)``. It raises `AssertionError` where the plugin breaks its contract.
"""

from automtl.testing.affinities import assert_affinity_contract
from automtl.testing.balancers import assert_balancer_contract
from automtl.testing.blocks import assert_block_contract
from automtl.testing.callbacks import assert_callback_contract
from automtl.testing.common import LAYOUT
from automtl.testing.heads import assert_head_contract
from automtl.testing.losses import assert_loss_contract
from automtl.testing.onnx_export import assert_exports_to_onnx
from automtl.testing.primitives import assert_primitive_contract
from automtl.testing.readers import assert_reader_contract
from automtl.testing.schedules import assert_schedule_contract
from automtl.testing.searchers import assert_searcher_contract
from automtl.testing.task_kinds import assert_task_kind_contract

__all__ = [
    "LAYOUT",
    "assert_affinity_contract",
    "assert_balancer_contract",
    "assert_block_contract",
    "assert_callback_contract",
    "assert_exports_to_onnx",
    "assert_head_contract",
    "assert_loss_contract",
    "assert_primitive_contract",
    "assert_reader_contract",
    "assert_schedule_contract",
    "assert_searcher_contract",
    "assert_task_kind_contract",
]
