"""Cross-validation: a search for each fold, and what they say together."""

from automtl.cross_validation.folder import FoldsFolder
from automtl.cross_validation.folds import resume, search
from automtl.cross_validation.results import CrossValidation, FoldResult

__all__ = ["CrossValidation", "FoldResult", "FoldsFolder", "resume", "search"]
