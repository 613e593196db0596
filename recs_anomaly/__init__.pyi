from .anomaly.detector import TimeSeriesAnomalyDetector as TimeSeriesAnomalyDetector
from .autoencoder.autoencoder import Autoencoder as Autoencoder
from .autoencoder.variational import VariationalAutoencoder as VariationalAutoencoder
from .denoise.denoiser import ImageDenoiser as ImageDenoiser
from .persistence import load as load
from .persistence import save as save
from .rbm.rbm import RBM as RBM
from .recommend.recommender import RBMRecommender as RBMRecommender
from .sequences.classifier import SequenceClassifier as SequenceClassifier
from .sequences.forecaster import SequenceForecaster as SequenceForecaster
from .sequences.text_generator import TextGenerator as TextGenerator

__all__: list[str]
__version__: str
