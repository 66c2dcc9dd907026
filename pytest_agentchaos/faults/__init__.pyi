# Written by scripts/stubs.py from the registry: do not edit by hand.

from pytest_agentchaos.faults.bandwidth import Bandwidth as Bandwidth
from pytest_agentchaos.faults.content_filter import ContentFilter as ContentFilter
from pytest_agentchaos.faults.corrupted_value import CorruptedValue as CorruptedValue
from pytest_agentchaos.faults.crash import Crash as Crash
from pytest_agentchaos.faults.drop_request import DropRequest as DropRequest
from pytest_agentchaos.faults.drop_response import DropResponse as DropResponse
from pytest_agentchaos.faults.duplicate import Duplicate as Duplicate
from pytest_agentchaos.faults.empty import Empty as Empty
from pytest_agentchaos.faults.empty_output import EmptyOutput as EmptyOutput
from pytest_agentchaos.faults.error_status import ErrorStatus as ErrorStatus
from pytest_agentchaos.faults.hang import Hang as Hang
from pytest_agentchaos.faults.incomplete import Incomplete as Incomplete
from pytest_agentchaos.faults.late_delivery import LateDelivery as LateDelivery
from pytest_agentchaos.faults.latency import Latency as Latency
from pytest_agentchaos.faults.malformed import Malformed as Malformed
from pytest_agentchaos.faults.malformed_arguments import MalformedArguments as MalformedArguments
from pytest_agentchaos.faults.overloaded import Overloaded as Overloaded
from pytest_agentchaos.faults.partial import Partial as Partial
from pytest_agentchaos.faults.partition import Partition as Partition
from pytest_agentchaos.faults.pause import Pause as Pause
from pytest_agentchaos.faults.poisoned_content import PoisonedContent as PoisonedContent
from pytest_agentchaos.faults.rate_limited import RateLimited as RateLimited
from pytest_agentchaos.faults.refusal import Refusal as Refusal
from pytest_agentchaos.faults.refused import Refused as Refused
from pytest_agentchaos.faults.reorder import Reorder as Reorder
from pytest_agentchaos.faults.repeated_call import RepeatedCall as RepeatedCall
from pytest_agentchaos.faults.reset import Reset as Reset
from pytest_agentchaos.faults.schema_drift import SchemaDrift as SchemaDrift
from pytest_agentchaos.faults.slow_first_token import SlowFirstToken as SlowFirstToken
from pytest_agentchaos.faults.stale import Stale as Stale
from pytest_agentchaos.faults.stream_cut import StreamCut as StreamCut
from pytest_agentchaos.faults.stream_drip import StreamDrip as StreamDrip
from pytest_agentchaos.faults.stream_error_event import StreamErrorEvent as StreamErrorEvent
from pytest_agentchaos.faults.stream_stall import StreamStall as StreamStall
from pytest_agentchaos.faults.tool_failure import ToolFailure as ToolFailure
from pytest_agentchaos.faults.truncated import Truncated as Truncated
from pytest_agentchaos.faults.unavailable import Unavailable as Unavailable
from pytest_agentchaos.faults.unknown_tool import UnknownTool as UnknownTool
from pytest_agentchaos.faults.wrong_entity import WrongEntity as WrongEntity
from pytest_agentchaos.faults.wrong_types import WrongTypes as WrongTypes

def __dir__() -> list[str]: ...
