"""One person in several accounts of a company: an id that is the same in all accounts bound to one subject of the platform. Such ids are
comparable only within that subject, so an admin names it, in the same words in every inbox that belongs to it. Names no provider.
"""

from qiao.ports.channel import Account, Proof


def union_subject(account: Account) -> str:
    """The subject that the account is bound to (`union_account`); empty: none was named, and nothing is compared."""
    return str(account.settings.get("union_account") or "").strip()


def union_proofs(account: Account, union_id: str | None) -> tuple[Proof, ...]:
    """What the platform's id of somebody proves; nothing without a subject."""
    subject = union_subject(account)
    return (Proof(f"union:{subject}", union_id),) if subject and union_id else ()
