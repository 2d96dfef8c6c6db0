// Reads histories as JSON, one a line, and says of each whether Porcupine finds it linearizable: a judge that shares no code with
// linearizability.ts, whose history.ts says what the fields are.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

type input struct {
	Op     string `json:"op"`
	Value  int64  `json:"value"`
	Amount int64  `json:"amount"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
}

type answer struct {
	At     int64       `json:"at"`
	Output interface{} `json:"output"`
}

type operation struct {
	Client int     `json:"client"`
	Key    string  `json:"key"`
	Input  input   `json:"input"`
	Call   int64   `json:"call"`
	Answer *answer `json:"answer"`
}

type history struct {
	Operations []operation `json:"operations"`
	TimeoutMs  int64       `json:"timeoutMs"`
}

// unknown is the output of an operation that was never answered.
type unknown struct{}

var cell = porcupine.Model{
	Partition: func(operations []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, each := range operations {
			key := each.Metadata.(string)
			byKey[key] = append(byKey[key], each)
		}
		keys := make([]string, 0, len(byKey))
		for key := range byKey {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		parts := make([][]porcupine.Operation, 0, len(keys))
		for _, key := range keys {
			parts = append(parts, byKey[key])
		}
		return parts
	},
	Init: func() interface{} { return int64(0) },
	Step: func(state, asked, output interface{}) (bool, interface{}) {
		now := state.(int64)
		in := asked.(input)
		_, isUnknown := output.(unknown)
		switch in.Op {
		case "read":
			return isUnknown || output == float64(now), now
		case "write":
			return true, in.Value
		case "add":
			sum := now + in.Amount
			return isUnknown || output == float64(sum), sum
		case "cas":
			isEqual := now == in.From
			after := now
			if isEqual {
				after = in.To
			}
			return isUnknown || output == isEqual, after
		}
		panic("no such operation: " + in.Op)
	},
	Hash: func(state interface{}) uint64 { return uint64(state.(int64)) * 0x9e3779b97f4a7c15 },
}

func judge(line []byte) (porcupine.CheckResult, error) {
	var it history
	if err := json.Unmarshal(line, &it); err != nil {
		return porcupine.Unknown, err
	}
	operations := make([]porcupine.Operation, 0, len(it.Operations))
	for _, each := range it.Operations {
		checked := porcupine.Operation{
			ClientId: each.Client,
			Input:    each.Input,
			Call:     each.Call,
			Output:   unknown{},
			Return:   math.MaxInt64,
			Metadata: each.Key,
		}
		if each.Answer != nil {
			checked.Output, checked.Return = each.Answer.Output, each.Answer.At
		}
		operations = append(operations, checked)
	}
	return porcupine.CheckOperationsTimeout(cell, operations, time.Duration(it.TimeoutMs)*time.Millisecond), nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<30)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		verdict, err := judge(lines.Bytes())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintln(out, verdict)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
