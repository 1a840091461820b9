"""What operations keeps of its own: in the public schema what is the operators', in a tenant's what is the tenant's."""

from operations.models.archives import ArchiveBatch, ArchiveFile, RetentionRun
from operations.models.episodes import Episode
from operations.models.samples import ProcessReading, ResponseTally, Sample, TenantReading

__all__ = [
    "ArchiveBatch",
    "ArchiveFile",
    "Episode",
    "ProcessReading",
    "ResponseTally",
    "RetentionRun",
    "Sample",
    "TenantReading",
]
