"""Slack: an incoming webhook, or a bot's token and a channel. https://docs.slack.dev/messaging."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from alerts.channels.base import Destination, Entry, Packet, Receipt, SendError
from alerts.channels.calling import check_host, limited, post
from alerts.channels.slack_blocks import payload_of
from core.errors import Invalid
from core.outgoing import TIMEOUT_SECONDS

if TYPE_CHECKING:
    from slack_sdk.web import WebClient
    from slack_sdk.webhook import WebhookClient

API = "https://slack.com/api/"
_WEBHOOK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
_API_HOSTS = frozenset({"slack.com", "slack-gov.com"})
_LASTING_STATUSES = frozenset({401, 403, 404, 410})
"""Of a webhook: it was removed, its channel is archived, an administrator forbids it."""
_LASTING = frozenset(
    [
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "channel_is_archived",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "no_permission",
        "missing_scope",
        "not_allowed_token_type",
        "org_login_required",
        "ekm_access_denied",
        "access_denied",
        "enterprise_is_restricted",
        "team_access_not_granted",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "user_not_found",
        "no_service",
        "no_team",
        "team_disabled",
        "action_prohibited",
        "posting_to_general_channel_denied",
        "invalid_token",
        "unknown_method",
        "two_factor_setup_required",
        "messages_tab_disabled",
    ]
)
"""Codes that say that the channel is wrong: nothing else would be taken either."""
_REFUSED = frozenset(
    [
        "invalid_payload",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "msg_too_long",
        "msg_blocks_too_long",
        "no_text",
        "too_many_attachments",
        "invalid_arguments",
        "invalid_arg_name",
        "markdown_text_conflict",
    ]
)
"""Codes that say that the message is wrong. Every other one, and every answer that is none of Slack's, may pass."""
_LIMITED = frozenset({"ratelimited", "rate_limited"})
# The library writes addresses and bodies into its log: a webhook's address is a secret.
_log = logging.getLogger("alerts.channels.slack_sdk")
_log.setLevel(logging.CRITICAL)


class SlackTransport:
    """One message a second to a channel; what waits for the same reason goes out in one."""

    entries: ClassVar[Sequence[Entry]] = (
        Entry(
            name="webhook_url",
            label="Incoming webhook",
            help="https://hooks.slack.com/services/…; or else a bot token and a channel.",
            required=False,
            secret=True,
        ),
        Entry(name="token", label="Bot token", help="xoxb-…, with the scope chat:write.", required=False, secret=True),
        Entry(name="channel", label="Channel", help="For the bot: C024BE91L or #alerts.", required=False),
        Entry(name="api", label="API address", help=f"For the bot. None: {API}", required=False),
    )
    interval: ClassVar[timedelta] = timedelta(seconds=1)
    bundle: ClassVar[int] = 20

    def check(self, destination: Destination) -> None:
        """One way in, and at Slack's own hosts."""
        address, token = destination.secrets.get("webhook_url", ""), destination.secrets.get("token", "")
        if bool(address) == bool(token):
            reason = "Either this or a bot token."
            raise Invalid("invalid", "Expected one way to send.", errors={"webhook_url": [reason]})
        if address:
            check_host(address, _WEBHOOK_HOSTS, entry="webhook_url")
            return
        if not destination.settings.get("channel"):
            raise Invalid("invalid", "The channel is missing.", errors={"channel": ["A bot needs to be told where."]})
        check_host(_api(destination), _API_HOSTS, entry="api")

    def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
        """Post one message for all of them."""
        self.check(destination)
        if destination.secrets.get("webhook_url"):
            return _send_by_webhook(destination, payload_of(packets))
        return _send_as_bot(destination, payload_of(packets))


def _api(destination: Destination) -> str:
    return str(destination.settings.get("api") or API).rstrip("/") + "/"


def _send_by_webhook(destination: Destination, payload: Mapping[str, Any]) -> Receipt:
    client = _webhook_client(destination.secrets["webhook_url"])
    answer = client.send_dict({**payload, "unfurl_links": False, "unfurl_media": False})
    code = " ".join(answer.body.split())[:100]
    if answer.status_code == 200 and code == "ok":
        return Receipt(delivered=True)
    raise _error_of(answer.status_code, code, {name.lower(): value for name, value in answer.headers.items()})


def _send_as_bot(destination: Destination, payload: Mapping[str, Any]) -> Receipt:
    from slack_sdk.errors import SlackApiError

    client = _web_client(destination.secrets["token"], _api(destination))
    try:
        answer = client.chat_postMessage(
            channel=destination.settings["channel"], **payload, unfurl_links=False, unfurl_media=False, link_names=False
        )
    except SlackApiError as error:
        said = error.response
        code = str(said.data.get("error", "") if isinstance(said.data, dict) else "")[:100]
        raise _error_of(said.status_code, code, {name.lower(): str(v) for name, v in said.headers.items()}) from None
    if not answer.get("ts"):
        raise SendError("The answer names no message: is the API address right?")
    return Receipt(reference=str(answer["ts"]), delivered=True)


def _error_of(status: int, code: str, headers: Mapping[str, str]) -> SendError:
    """What Slack's answer means, by its code first: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""
    said = f"{status} {code}".strip()
    if status == 429 or code in _LIMITED:
        return limited(said, headers.get("retry-after", ""))
    if code in _LASTING or status in _LASTING_STATUSES:
        return SendError(said, permanent=True, channel=True)
    refused = 300 <= status < 500 and status != 408
    return SendError(said, permanent=refused or code in _REFUSED)


def _webhook_client(url: str) -> "WebhookClient":
    from slack_sdk.webhook import WebhookClient, WebhookResponse

    class Checked(WebhookClient):
        """Slack's client on connections of ours."""

        def _perform_http_request_internal(self, url: str, req: Any) -> WebhookResponse:
            answer = post(url, body=req.data, headers=dict(req.header_items()))
            return WebhookResponse(
                url=url, status_code=answer.status_code, body=answer.text, headers=dict(answer.headers)
            )

    return Checked(url, timeout=int(TIMEOUT_SECONDS), retry_handlers=[], logger=_log)


def _web_client(token: str, api: str) -> "WebClient":
    from slack_sdk.web import WebClient

    class Checked(WebClient):
        """Slack's client on connections of ours."""

        def _perform_urllib_http_request_internal(self, url: str, req: Any) -> dict[str, Any]:
            answer = post(url, body=req.data, headers=dict(req.header_items()))
            return {"status": answer.status_code, "headers": dict(answer.headers), "body": answer.text}

    return Checked(token, base_url=api, timeout=int(TIMEOUT_SECONDS), retry_handlers=[], logger=_log)
