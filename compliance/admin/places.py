"""Where a violation is at the code host."""

from urllib.parse import quote

from compliance.models import Repository, Violation
from core.admin_cells import web_address


def code_address(violation: Violation, repository: Repository) -> str:
    """The line of the file at the commit, where the repository's web address is known (GitHub's and GitLab's paths)."""
    address = web_address(repository.web_url)
    if not address or not violation.file_path or not violation.commit_sha:
        return ""
    line = f"#L{violation.line}" if violation.line else ""
    return f"{address.rstrip('/')}/blob/{quote(violation.commit_sha, safe='')}/{quote(violation.file_path)}{line}"
