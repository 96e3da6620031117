"""Sentences for `explain` come from the client package's model files, old and new."""

import pytest

from lab.apiserver.core.openapi_descriptions import describer, model_files, sentences

PYDANTIC = '''
class V1DeploymentSpec(BaseModel):
    """
    DeploymentSpec is the specification.

    Attributes:
      openapi_types (dict): The key is attribute name
    """ # noqa: E501
    min_ready_seconds: Optional[StrictInt] = Field(default=None, serialization_alias="minReadySeconds", description="A \\"few\\" seconds.")
    paused: Optional[StrictBool] = Field(default=None, description="Whether it rests.")
    selector: V1LabelSelector
'''  # noqa: E501
DOCSTRINGS = '''
class V1DeploymentSpec(object):
    attribute_map = {
        'min_ready_seconds': 'minReadySeconds'
    }

    @property
    def min_ready_seconds(self):
        """Gets the min_ready_seconds of this V1DeploymentSpec.  # noqa: E501

        A few seconds.  # noqa: E501

        :return: The min_ready_seconds of this V1DeploymentSpec.  # noqa: E501
'''


def test_pydantic_models() -> None:
    """Fields of pydantic models tell their JSON name and description."""
    expected = {
        "": "DeploymentSpec is the specification.",
        "minReadySeconds": 'A "few" seconds.',
        "paused": "Whether it rests.",
    }
    assert expected == sentences(PYDANTIC)


def test_older_models() -> None:
    """Properties of older models tell it in docstrings."""
    assert sentences(DOCSTRINGS) == {"minReadySeconds": "A few seconds."}


@pytest.mark.parametrize(
    ("component", "files"),
    [
        ("io.k8s.api.apps.v1.DeploymentSpec", ["apps_v1_deployment_spec.py", "v1_deployment_spec.py"]),
        ("io.k8s.api.core.v1.CSIVolumeSource", ["core_v1_csi_volume_source.py", "v1_csi_volume_source.py"]),
        ("io.k8s.api.core.v1.Event", ["core_v1_event.py", "v1_event.py"]),
        (
            "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference",
            ["apiextensions_v1_service_reference.py", "v1_service_reference.py"],
        ),
        ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", ["meta_v1_object_meta.py", "v1_object_meta.py"]),
    ],
)
def test_file_names(component: str, files: list[str]) -> None:
    """The model file of a component follows the client generator's naming."""
    assert files == list(model_files(component))


def test_each_model_is_read_once() -> None:
    """A component is looked up once, and one without a model has no sentences."""
    asked: list[str] = []

    def read(name: str) -> str | None:
        asked.append(name)
        return PYDANTIC if name == "v1_deployment_spec.py" else None

    describe = describer(read)
    assert describe("io.k8s.api.apps.v1.DeploymentSpec") is describe("io.k8s.api.apps.v1.DeploymentSpec")
    assert asked == ["apps_v1_deployment_spec.py", "v1_deployment_spec.py"]
    assert describe("io.k8s.api.apps.v1.Nothing") == {}
