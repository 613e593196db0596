"""scikit-learn's checks that our estimators cannot pass, and why: the only ones.

Each reason is held by a test beside it: `test_recommender_contract` shows that the
recommender fails for that reason alone and passes on two columns, `test_detector_*`
that the order of rows is what the detector looks at.
"""

# How many columns the X of a check has. They cannot pass, and no tag says so: rows of
# X are pairs of a user and an item, and there is nothing to do with a third column but
# to refuse it. Each is shown to fail for that reason alone, and run again on two.
WIDE = (
    "Its X has {n} columns, where each row must be a pair of ids, user and item; other "
    "widths raise ValueError in scikit-learn's words. {instead}"
)
FIT_ON_WIDE_X = {
    "check_fit_score_takes_y": 3,
    "check_dont_overwrite_parameters": 3,
    "check_n_features_in_after_fitting": 4,
    "check_positive_only_tag_during_fit": 4,
    "check_estimators_dtypes": 5,
    "check_dtype_object": 10,
    "check_pipeline_consistency": 3,
    "check_estimators_nan_inf": 3,
    "check_estimators_pickle": 3,
    "check_f_contiguous_array_estimator": 3,
    "check_regressors_train": 10,
    "check_regressor_data_not_an_array": 10,
    "check_regressors_no_decision_function": 4,
    "check_supervised_y_2d": 3,
    "check_regressors_int": 10,
    "check_methods_sample_order_invariance": 3,
    "check_methods_subset_invariance": 3,
    "check_dict_unchanged": 3,
    "check_fit2d_predict1d": 3,
    "check_sample_weights_list": 3,
    "check_all_zero_sample_weights_error": 20,
    "check_sample_weight_equivalence_on_dense_data": 30,
}
# These say something else than the contract where there are only two columns of ids.
MEANINGLESS = {
    "check_n_features_in_after_fitting": (
        "It asks for n_features_in_ to be that width, which is never fitted. That it "
        "is 2, and that predict compares it with X, is held by "
        "test_predict_counts_columns_in_the_words_of_scikit_learn."
    ),
    "check_estimators_nan_inf": (
        "Cut to two columns, which the categorical tag rounds to 0 and 1, its ten rows "
        "are pairs that repeat, with a single rating left among them. "
        "test_missing_and_infinite_ids_and_ratings_are_refused fits and predicts NaN "
        "and inf on pairs that differ."
    ),
    "check_regressors_no_decision_function": (
        "It forbids regressors to have predict_proba. An ordinal target is both: y are "
        "numbers on a few levels, predict is their mean, which scorers of regressors "
        "judge, and predict_proba the calibrated distribution over the levels."
    ),
}
# Checks that end before they have called anything of ours, and in which versions.
BROKEN = {
    "check_positive_only_tag_during_fit": (
        "1.7",
        "scikit-learn 1.6 rounds this check's X to whole numbers, as the categorical "
        "tag asks, and then cannot take their mean off in place.",
    )
}
ORDER = (
    "rows of a series have an order: what a row means depends on those before it, "
    "as for any model of time series"
)
EXPLAINED = {
    "RBMRecommender": {
        name: WIDE.format(
            n=n,
            instead=MEANINGLESS.get(name)
            or "On the first two of them the check passes.",
        )
        for name, n in FIT_ON_WIDE_X.items()
    }
    | {
        "check_sample_weight_equivalence_on_sparse_data": (
            "scikit-learn 1.6.0 asks it even of estimators whose tags say that they "
            "take no sparse X; newer ones do not."
        )
    },
    "TimeSeriesAnomalyDetector": {
        "check_methods_sample_order_invariance": ORDER,
        "check_methods_subset_invariance": ORDER,
    },
}
