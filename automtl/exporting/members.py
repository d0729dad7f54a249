"""Which trainings an export is made of."""

import json

from automtl.core.trial import Phase, Trial
from automtl.errors import ExportError, RunError
from automtl.exporting.wanted import Wanted
from automtl.pipeline import Reopened
from automtl.search.members import ensemble_members


def chosen_members(opened: Reopened, wanted: Wanted) -> list[Trial]:
    """
    The trainings to be exported.

    :raises ExportError: If there are no such ones.
    :raises RunError: If the search has not come to its end, and no candidate is named.
    """
    if wanted.candidate:
        found = _of_candidate(opened, wanted.candidate)
    elif wanted.ensemble is not None:
        found = ensemble_members(opened.director.standing, wanted.ensemble)
    else:
        return exported_members(opened)
    count = 1 if wanted.ensemble is None else wanted.ensemble
    if not 1 <= count <= len(found):
        what = "of this candidate" if wanted.candidate else "that rank with the winner"
        raise ExportError(
            f"An ensemble of {count} cannot be had: there are {len(found)} trainings {what}."
        )
    return found[:count]


def _of_candidate(opened: Reopened, prefix: str) -> list[Trial]:
    """The trainings of a candidate: full ones before short ones, of these the best first."""
    trials = [t for t in opened.run.trials() if t.done and t.phase is not Phase.BAGS]
    found = {t.order.key: t for t in trials if t.candidate.digest.startswith(prefix)}
    digests = sorted({trial.candidate.digest for trial in found.values()})
    if len(digests) != 1:
        every = digests or sorted({trial.candidate.digest for trial in trials})
        raise ExportError(
            f"One candidate that ended well must begin with '{prefix}', but {len(digests)} do; "
            f"{'they' if digests else 'there'} are {', '.join(every)}."
        )
    relative = opened.director.standing.relative
    return sorted(found.values(), key=lambda trial: (-trial.order.fidelity, relative(trial)))


def exported_members(opened: Reopened) -> list[Trial]:
    """The trainings that the search exported."""
    trials = {trial.order.key: trial for trial in opened.run.trials() if trial.done}
    try:
        summary = json.loads((opened.run.path / "best.json").read_bytes())
        return [trials[member["key"]] for member in summary["members"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise unfinished(opened) from None


def unfinished(opened: Reopened) -> RunError:
    """The error for a search that has not exported anything."""
    return RunError(
        f"{opened.run.path}: the search has not come to its end. Go on with `automtl search "
        f"--resume {opened.run.path}`, or export a --candidate."
    )
