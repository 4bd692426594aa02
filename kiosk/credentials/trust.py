"""Whom to believe: one list of every key and service that a gate trusts, and of what was revoked."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from types import MappingProxyType

from kiosk.credentials.signers import CardIssuer, CardKey, DocumentSigner, PassIssuer, TokenIssuer
from kiosk.errors import UsageError
from kiosk.frozen import frozen
from kiosk.units import WallTime

Revocations = Mapping[str, WallTime | None]
"""Revoked ids of cards; with a time, only cards that begin before it are meant."""


@frozen
class TrustList:
    """One or several trust documents, ready for look-ups. An empty one trusts nobody.

    `document_signers` are by key id, which is short: several keys may have the same. `card_issuers` is the
    allow-list by address; where there is none, `card_keys`, which are nobody's in particular, are good for any.
    `signed_by`: the key of the signed document that it is, in hexadecimal digits, if it is one.
    `revoked` are passes, `revoked_certificates` marks of DCCs, `revoked_cards` ids of cards by the key that signed.
    """

    documents: tuple[str, ...] = ()
    issued_at: WallTime | None = None
    pass_issuers: Mapping[bytes, PassIssuer] = field(default_factory=dict)
    token_issuers: tuple[TokenIssuer, ...] = ()
    revoked: frozenset[bytes] = frozenset()
    document_signers: Mapping[bytes, tuple[DocumentSigner, ...]] = field(default_factory=dict)
    card_issuers: Mapping[str, CardIssuer] = field(default_factory=dict)
    card_keys: Mapping[str, CardKey] = field(default_factory=dict)
    revoked_certificates: frozenset[bytes] = frozenset()
    revoked_cards: Mapping[str, Revocations] = field(default_factory=dict)
    signed_by: str | None = None

    def for_compound(self, compound: str) -> "TrustList":
        """Return the list as one compound's gate must see it: no key may sign for any other compound."""
        narrowed = {
            name: replace(issuer, compounds=issuer.compounds & {compound}) for name, issuer in self.pass_issuers.items()
        }
        return replace(self, pass_issuers=MappingProxyType(narrowed))

    def token_issuer(self, identity: str) -> TokenIssuer | None:
        """The health code service of that id, or None."""
        return next((issuer for issuer in self.token_issuers if issuer.id == identity), None)

    def card_key(self, iss: str, key: str) -> CardKey | None:
        """The key of that name if cards of the issuer at `iss` may be signed with it, or None."""
        issuer = self.card_issuers.get(iss)
        if issuer is None and self.card_issuers:
            return None
        if issuer is not None and issuer.keys:
            return issuer.keys.get(key)
        return self.card_keys.get(key)


def combine(*lists: TrustList) -> TrustList:
    """Make one list of several; `issued_at` is the oldest's. Raises UsageError where two contradict each other."""
    return join(lists, "the trust lists")


def join(lists: Iterable[TrustList], where: str) -> TrustList:
    """Make one list of several, of a file or place that is named in UsageError when two contradict each other."""
    lists = tuple(lists)
    return TrustList(
        documents=tuple(dict.fromkeys(name for one in lists for name in one.documents)),
        issued_at=min((one.issued_at for one in lists if one.issued_at is not None), default=None),
        pass_issuers=_pass_issuers(lists, where),
        token_issuers=_token_issuers(lists, where),
        revoked=frozenset().union(*(one.revoked for one in lists)),
        document_signers=_document_signers(lists),
        card_issuers=_card_issuers(lists),
        card_keys=MappingProxyType({name: key for one in lists for name, key in one.card_keys.items()}),
        revoked_certificates=frozenset().union(*(one.revoked_certificates for one in lists)),
        revoked_cards=_revoked_cards(lists),
    )


def _pass_issuers(lists: tuple[TrustList, ...], where: str) -> Mapping[bytes, PassIssuer]:
    issuers: dict[bytes, PassIssuer] = {}
    for name, issuer in (item for one in lists for item in one.pass_issuers.items()):
        if issuers.setdefault(name, issuer) != issuer:
            raise UsageError(
                f"{where}: issuers {issuers[name].id!r} and {issuer.id!r} have the same key but not the same rights; keep one"
            )
    return MappingProxyType(issuers)


def _token_issuers(lists: tuple[TrustList, ...], where: str) -> tuple[TokenIssuer, ...]:
    issuers: dict[str, TokenIssuer] = {}
    claimed: dict[str, str] = {}
    for service in (service for one in lists for service in one.token_issuers):
        if issuers.setdefault(service.id, service) != service:
            raise UsageError(f"{where}: two issuers are called {service.id!r}; keep one or rename one")
        for match in sorted(service.hosts | service.prefixes):
            if claimed.setdefault(match, service.id) != service.id:
                raise UsageError(f"{where}: issuers {claimed[match]!r} and {service.id!r} both claim {match!r}; keep one")
    return tuple(issuers.values())


def _document_signers(lists: tuple[TrustList, ...]) -> Mapping[bytes, tuple[DocumentSigner, ...]]:
    signers: dict[bytes, dict[DocumentSigner, None]] = {}
    for name, found in (item for one in lists for item in one.document_signers.items()):
        signers.setdefault(name, {}).update(dict.fromkeys(found))
    return MappingProxyType({name: tuple(found) for name, found in signers.items()})


def _card_issuers(lists: tuple[TrustList, ...]) -> Mapping[str, CardIssuer]:
    issuers: dict[str, CardIssuer] = {}
    for iss, issuer in (item for one in lists for item in one.card_issuers.items()):
        known = issuers.get(iss, issuer)
        issuers[iss] = CardIssuer(iss, known.name or issuer.name, MappingProxyType({**known.keys, **issuer.keys}))
    return MappingProxyType(issuers)


def _revoked_cards(lists: tuple[TrustList, ...]) -> Mapping[str, Revocations]:
    revoked: dict[str, dict[str, WallTime | None]] = {}
    for key, cards in (item for one in lists for item in one.revoked_cards.items()):
        known = revoked.setdefault(key, {})
        for card, before in cards.items():
            # Of two lists the stricter holds: revoked for good, or until the later time.
            earlier = known.get(card, before)
            known[card] = None if before is None or earlier is None else max(before, earlier)
    return MappingProxyType({key: MappingProxyType(cards) for key, cards in revoked.items()})
