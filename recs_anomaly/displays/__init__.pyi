from .anomaly import AnomalyDisplay as AnomalyDisplay
from .denoise import DenoiseDisplay as DenoiseDisplay
from .hidden_units import HiddenUnitsDisplay as HiddenUnitsDisplay
from .latent import LatentDisplay as LatentDisplay
from .ranking import RankingDisplay as RankingDisplay
from .rating import RatingDisplay as RatingDisplay
from .relation import RelationDisplay as RelationDisplay
from .training import TrainingDisplay as TrainingDisplay

__all__: list[str]
