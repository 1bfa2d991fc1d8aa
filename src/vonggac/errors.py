"""Every error that Vọng Gác raises on purpose, in one tree.

    VongGacError
    ├── InputError              what was handed in cannot be used; the message says what to do next
    │   ├── UnreadableFile      not the format it claims to be, damaged, or a scan without text
    │   ├── LimitExceeded       larger, deeper or more compressed than we accept
    │   ├── MappingNeeded       the columns could not be told apart; a person has to map them
    │   └── OtherLog            a log of another kind than its sensor writes; nothing of it is kept
    ├── Refused                 understood, and not allowed
    │   ├── NotPermitted        this person's role does not include the act
    │   ├── OutOfScope          no scope is set, or the row lies outside it
    │   └── WrongState          the case, obligation or document is not in a state that allows the act
    ├── SolverFailed            the roster solver's process ended without any roster
    ├── TryAgainLater           it would be taken, and there is no room for it now
    ├── Unreachable             another machine did not answer, or not as it should
    ├── ConfigurationError      the installation lacks or contradicts something; the message names the mend
    └── IntegrityFailure        stored things do not match their own checksums
        ├── LedgerBroken        the hash chain was changed
        └── BackupDamaged       a backup does not match its manifest

Readers of outside bytes do not raise for a bad row: they return records and rejects (`formats.records`).
"""


class VongGacError(Exception):
    """The base of the tree; its text is fit to be shown to the person who caused it."""


class InputError(VongGacError):
    """What was handed in cannot be used."""


class UnreadableFile(InputError):
    """The bytes are not the format they claim to be, are damaged, or hold no text."""


class LimitExceeded(InputError):
    """The upload is larger, deeper or more compressed than the desk accepts."""


class MappingNeeded(InputError):
    """The columns of a table could not be told apart; a person has to map them."""


class OtherLog(InputError):
    """The log is of another kind than its sensor writes."""


class Refused(VongGacError):
    """The request was understood and is not allowed."""


class NotPermitted(Refused):
    """The person's role does not include the act."""


class OutOfScope(Refused):
    """No scope is set, or the row lies outside it."""


class WrongState(Refused):
    """The state of the subject does not allow the act."""


class SolverFailed(VongGacError):
    """The roster solver's process ended without any roster."""


class TryAgainLater(VongGacError):
    """There is no room for it now: the disk is full, or more comes in than it takes."""


class Unreachable(VongGacError):
    """Another machine did not answer, refused, or answered otherwise than it should."""


class ConfigurationError(VongGacError):
    """The installation lacks or contradicts something; the message names the mend."""


class IntegrityFailure(VongGacError):
    """Stored things do not match their own checksums."""


class LedgerBroken(IntegrityFailure):
    """The ledger's hash chain was changed."""


class BackupDamaged(IntegrityFailure):
    """A backup does not match its manifest."""
