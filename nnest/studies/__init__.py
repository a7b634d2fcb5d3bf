"""Workers that share one Optuna storage; they know nothing of networks."""

from nnest.studies._history import TrialHistory as TrialHistory
from nnest.studies._loop import BatchLoop as BatchLoop
from nnest.studies._settings import bind_study_settings as bind_study_settings
from nnest.studies._storages import find_study as find_study
from nnest.studies._storages import open_storage as open_storage
from nnest.studies._storages import open_study
from nnest.studies._tables import importances, log_parameters, trial_table
from nnest.studies._texts import texts_of as texts_of
from nnest.studies._trials import BatchTrial as BatchTrial
from nnest.studies._trials import TrialResult as TrialResult

# What only other rooms use is not listed.
__all__ = ["importances", "log_parameters", "open_study", "trial_table"]
