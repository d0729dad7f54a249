import inspect

from pytest import mark, raises

from automtl import errors
from automtl.errors import (
    AutoMTLError,
    ConfigError,
    DataError,
    ExportError,
    GraphError,
    LabelError,
    MissingLibrary,
    PluginError,
    SpaceError,
)

OWN = [cls for _, cls in inspect.getmembers(errors, inspect.isclass)]


def test_whoever_catches_the_base_catches_all() -> None:
    assert len(OWN) > 10
    assert all(issubclass(cls, AutoMTLError) for cls in OWN)


@mark.parametrize("cls", [GraphError, SpaceError, ConfigError, DataError, LabelError, ExportError])
def test_wrong_values_are_value_errors(cls: type[AutoMTLError]) -> None:
    assert issubclass(cls, ValueError)


def test_a_label_error_says_where_and_is_an_error_of_the_data() -> None:
    with raises(DataError, match=r"^What is wrong\.$") as caught:
        raise LabelError("What is wrong.", 3, 2)
    assert isinstance(caught.value, LabelError)
    assert (caught.value.row, caught.value.column) == (3, 2)
    assert LabelError("What is wrong.", 3).column == 0


def test_an_error_of_the_data_may_be_one_of_the_configuration() -> None:
    assert (DataError("It is wrong.").place, DataError("It is wrong.").at_key) == ((), False)
    error = DataError("It is wrong.").at("ignore", "x", key=True)
    assert (str(error), error.place, error.at_key) == ("It is wrong.", ("ignore", "x"), True)


def test_a_missing_library_is_an_import_error_with_its_mend() -> None:
    with raises(ImportError) as caught:
        raise MissingLibrary("The MLflow callback", "mlflow", "track")
    assert isinstance(caught.value, AutoMTLError)
    assert str(caught.value) == (
        "The MLflow callback needs mlflow, which is not installed. "
        "Install it by \"pip install 'automtl[track]'\"."
    )


def test_a_mistake_in_a_plugin_is_not_taken_for_a_wrong_value() -> None:
    assert not issubclass(PluginError, ValueError)
