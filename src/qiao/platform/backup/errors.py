"""What can go wrong with a backup, in words an operator can act on. Nothing that was there before is changed by any of them."""

from qiao.kit.errors import QiaoError, Unavailable


class BackupFailed(QiaoError):
    """The backup or the restore could not be made; the message says why. Running it again starts clean."""

    code = "backup.failed"


class KeyMissing(QiaoError):
    """What is encrypted needs its key."""

    code = "backup.key_missing"


class KeyUnfit(QiaoError):
    """That is no backup key, or others may read it."""

    code = "backup.key_unfit"


class BackupDamaged(QiaoError):
    """An object does not open: cut off, changed, mixed with another, or sealed with another key. Use an older backup."""

    code = "backup.damaged"


class BackupNotFound(QiaoError):
    """There is no whole backup there, or none that reaches what was asked for."""

    code = "backup.not_found"


class PlaceRefused(QiaoError):
    """Backups must not be kept there, or nothing may be restored there."""

    code = "backup.place_refused"


class PlaceAway(Unavailable):
    """Where backups are kept does not answer, does not let us in, or has no room. Safe to try again."""

    code = "backup.place_away"


class SourceUnfit(QiaoError):
    """The database does not let itself be backed up; the message says what has to be mended."""

    code = "backup.source_unfit"


class SourceDamaged(QiaoError):
    """Pages of the database are damaged: no backup is made of them."""

    code = "backup.source_damaged"
