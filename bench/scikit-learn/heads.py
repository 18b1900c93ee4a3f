"""Logistic regressions by scikit-learn on features and splits that bench/heads.ts has written.

python heads.py JOB.json: one line of JSON a method and split.
"""

import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.preprocessing import StandardScaler

# LogisticRegressionCV fits 50 models a split, which takes minutes with many classes.
MOST_ROWS_CV = 1000

warnings.simplefilter('ignore', ConvergenceWarning)
warnings.simplefilter('ignore', FutureWarning)

with open(sys.argv[1]) as file:
    job = json.load(file)
features = np.load(job['features']).astype(np.float64)
labels = np.array(job['labels'])


def rotate(train, validation):
    """Centers and rotates rows into the space that the training rows span. Neither changes an L2-penalized fit; both make it faster."""
    mean = train.mean(0)
    train, validation = train - mean, validation - mean
    if len(train) < train.shape[1]:
        axes = np.linalg.svd(train, full_matrices=False)[2].T
        train, validation = train @ axes, validation @ axes
    return train, validation


def report(method, split, model, train, validation):
    start = time.perf_counter()
    x, held_out = rotate(features[train], features[validation])
    if method != 'raw':
        scaler = StandardScaler().fit(features[train])
        x, held_out = rotate(scaler.transform(features[train]), scaler.transform(features[validation]))
    model.fit(x, labels[train])
    probabilities = model.predict_proba(held_out)
    truth = np.searchsorted(model.classes_, labels[validation])
    own = np.maximum(probabilities[np.arange(len(truth)), truth], 1e-38)
    score = {
        'method': method,
        'split': split,
        'accuracy': float((probabilities.argmax(1) == truth).mean()),
        'loss': float(-np.log(own).mean()),
        'seconds': time.perf_counter() - start,
    }
    print(json.dumps(score), flush=True)


print(json.dumps({'version': sklearn.__version__}), flush=True)
for split, (train, validation) in enumerate(job['splits']):
    report('raw', split, LogisticRegression(max_iter=2000), train, validation)
    report('standardized', split, LogisticRegression(max_iter=2000), train, validation)
    if len(train) * len(set(labels)) <= MOST_ROWS_CV:
        chosen = LogisticRegressionCV(max_iter=2000, cv=5, scoring='neg_log_loss')
        report('cross-validated', split, chosen, train, validation)
