"""A campaign: many trials, on disk, on several processes, whatever the systems do.

with Campaign("reports/nightly", workers=2) as campaign:
    for result in campaign.run(plans):      # in the order of the plans; those that are done already are read
        print(result.status, result.why)
results = read("reports/nightly")           # later, anywhere, without the system
"""

from pytest_agentchaos.campaign.campaign import Campaign
from pytest_agentchaos.evidence.results import Head, Results, read

__all__ = ["Campaign", "Head", "Results", "read"]
