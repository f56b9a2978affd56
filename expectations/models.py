"""Promises about models: what looks too good to be true is not published until a person has looked."""

from expectations.gate import Gate

GATES = (
    Gate(
        name="model_discrimination",
        table="quality.rpt_model_discrimination",
        words="model {model}",
        expectation="area under the ROC curve that is still believable",
        observed="auc",
        comparison="at_most",
        threshold="max_auc",
        unit="score",
        remedy=(
            "Such a score usually means that a feature knows the outcome. Look for one that is filled after the snapshot; "
            "raise quality.max_model_auc in the journey file when the score is real."
        ),
        good={"model": "churn", "auc": 0.95, "max_auc": 0.95},
        bad={"model": "churn", "auc": 0.96, "max_auc": 0.95},
        about="model:{model}",
    ),
)
