import subprocess
import sys

CODE = """
import sys
sys.modules["sklearn"] = None  # as if it were not installed
import automtl
try:
    automtl.MultiTaskSearch
except automtl.AutoMTLError as error:
    print(error)
"""


def test_without_scikit_learn_the_mend_is_named() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.stdout == (
        "MultiTaskSearch needs scikit-learn, which is not installed. Install it by "
        "\"pip install 'automtl[sklearn]'\".\n"
    ), done.stderr
