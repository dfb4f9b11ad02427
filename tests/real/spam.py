"""Logistic regression on bags of words beside tests/real/spam.ts: the same mails, the same split.
Run: python spam.py SPLIT.json, as `spam.ts … --write SPLIT.json` writes it (needs scikit-learn; seconds)."""

import json
import sys

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

split = json.load(open(sys.argv[1]))
(texts, labels), (held, right) = [([e["text"] for e in split[k]], [e["label"] for e in split[k]]) for k in ("training", "held")]
for name, bag in [("counts", CountVectorizer(min_df=2)), ("tf-idf", TfidfVectorizer(min_df=2, sublinear_tf=True))]:
    x = bag.fit_transform(texts)
    for c in (0.1, 1, 10, 100):
        told = LogisticRegression(C=c, max_iter=3000).fit(x, labels).predict(bag.transform(held))
        print(f"{name} C={c}: F1 of spam {f1_score(right, told):.4f}, accuracy {accuracy_score(right, told):.4f}")
