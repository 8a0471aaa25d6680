"""`delete_lambda_function`: deletes a function in its region."""

from sandbox.model.declaration import Operation
from sandbox.model.tools.lambda_.create_lambda_function import FUNCTION

TOOL = Operation("delete_lambda_function", "delete", FUNCTION, takes=("function_name", "region"))
