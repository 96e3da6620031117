package main

import (
	"context"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextval "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsval "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchval "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	coreval "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	netval "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacval "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/kubernetes/pkg/apis/storage"
	storageval "k8s.io/kubernetes/pkg/apis/storage/validation"
)

func internal(raw []byte) (runtime.Object, error) {
	obj, _, err := typed(raw)
	if err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(obj)
	return legacyscheme.Scheme.UnsafeConvertToVersion(obj, runtime.InternalGroupVersioner)
}

func validate(r request) (any, error) {
	obj, err := internal(r.Object)
	if err != nil {
		return nil, err
	}
	var old runtime.Object
	if len(r.Live) > 0 {
		if old, err = internal(r.Live); err != nil {
			return nil, err
		}
	}
	errs, err := faultsOf(obj, old)
	if err != nil {
		return nil, err
	}
	causes := []map[string]string{}
	for _, e := range errs {
		causes = append(causes, map[string]string{"reason": string(e.Type), "field": e.Field, "message": e.Error()})
	}
	return causes, nil
}

func faultsOf(obj, old runtime.Object) (field.ErrorList, error) {
	p := coreval.PodValidationOptions{}
	switch o := obj.(type) {
	case *core.Pod:
		if old != nil {
			return coreval.ValidatePodUpdate(o, old.(*core.Pod), p), nil
		}
		return coreval.ValidatePodCreate(o, p), nil
	case *core.ConfigMap:
		if old != nil {
			return coreval.ValidateConfigMapUpdate(o, old.(*core.ConfigMap)), nil
		}
		return coreval.ValidateConfigMap(o), nil
	case *core.Secret:
		if old != nil {
			return coreval.ValidateSecretUpdate(o, old.(*core.Secret)), nil
		}
		return coreval.ValidateSecret(o), nil
	case *core.Namespace:
		if old != nil {
			return coreval.ValidateNamespaceUpdate(o, old.(*core.Namespace)), nil
		}
		return coreval.ValidateNamespace(o), nil
	case *core.Service:
		if old != nil {
			return coreval.ValidateServiceUpdate(o, old.(*core.Service)), nil
		}
		return coreval.ValidateServiceCreate(o), nil
	case *core.ServiceAccount:
		if old != nil {
			return coreval.ValidateServiceAccountUpdate(o, old.(*core.ServiceAccount)), nil
		}
		return coreval.ValidateServiceAccount(o), nil
	case *core.PersistentVolumeClaim:
		if old != nil {
			return coreval.ValidatePersistentVolumeClaimUpdate(o, old.(*core.PersistentVolumeClaim), coreval.PersistentVolumeClaimSpecValidationOptions{}), nil
		}
		return coreval.ValidatePersistentVolumeClaim(o, coreval.PersistentVolumeClaimSpecValidationOptions{}), nil
	case *core.Node:
		if old != nil {
			return coreval.ValidateNodeUpdate(o, old.(*core.Node)), nil
		}
		return coreval.ValidateNode(o), nil
	case *apps.Deployment:
		if old != nil {
			return appsval.ValidateDeploymentUpdate(o, old.(*apps.Deployment), p), nil
		}
		return appsval.ValidateDeployment(o, p), nil
	case *apps.ReplicaSet:
		if old != nil {
			return appsval.ValidateReplicaSetUpdate(o, old.(*apps.ReplicaSet), p), nil
		}
		return appsval.ValidateReplicaSet(o, p), nil
	case *apps.StatefulSet:
		if old != nil {
			return appsval.ValidateStatefulSetUpdate(o, old.(*apps.StatefulSet), p), nil
		}
		return appsval.ValidateStatefulSet(o, p), nil
	case *apps.DaemonSet:
		if old != nil {
			return appsval.ValidateDaemonSetUpdate(o, old.(*apps.DaemonSet), p), nil
		}
		return appsval.ValidateDaemonSet(o, p), nil
	case *batch.Job:
		jo := batchval.JobValidationOptions{PodValidationOptions: p, RequirePrefixedLabels: false}
		if old != nil {
			return batchval.ValidateJobUpdate(o, old.(*batch.Job), jo), nil
		}
		return batchval.ValidateJob(o, jo), nil
	case *batch.CronJob:
		if old != nil {
			return batchval.ValidateCronJobUpdate(o, old.(*batch.CronJob), p), nil
		}
		return batchval.ValidateCronJobCreate(o, p), nil
	case *rbac.Role:
		if old != nil {
			return rbacval.ValidateRoleUpdate(o, old.(*rbac.Role)), nil
		}
		return rbacval.ValidateRole(o), nil
	case *rbac.ClusterRole:
		co := rbacval.ClusterRoleValidationOptions{}
		if old != nil {
			return rbacval.ValidateClusterRoleUpdate(o, old.(*rbac.ClusterRole), co), nil
		}
		return rbacval.ValidateClusterRole(o, co), nil
	case *rbac.RoleBinding:
		if old != nil {
			return rbacval.ValidateRoleBindingUpdate(o, old.(*rbac.RoleBinding)), nil
		}
		return rbacval.ValidateRoleBinding(o), nil
	case *rbac.ClusterRoleBinding:
		if old != nil {
			return rbacval.ValidateClusterRoleBindingUpdate(o, old.(*rbac.ClusterRoleBinding)), nil
		}
		return rbacval.ValidateClusterRoleBinding(o), nil
	case *networking.NetworkPolicy:
		no := netval.NetworkPolicyValidationOptions{}
		if old != nil {
			return netval.ValidateNetworkPolicyUpdate(o, old.(*networking.NetworkPolicy), no), nil
		}
		return netval.ValidateNetworkPolicy(o, no), nil
	case *networking.Ingress:
		if old != nil {
			return netval.ValidateIngressUpdate(o, old.(*networking.Ingress)), nil
		}
		return netval.ValidateIngressCreate(o), nil
	case *storage.StorageClass:
		if old != nil {
			return storageval.ValidateStorageClassUpdate(o, old.(*storage.StorageClass)), nil
		}
		return storageval.ValidateStorageClass(o), nil
	case *apiextensions.CustomResourceDefinition:
		if old != nil {
			return apiextval.ValidateCustomResourceDefinitionUpdate(context.TODO(), o, old.(*apiextensions.CustomResourceDefinition)), nil
		}
		return apiextval.ValidateCustomResourceDefinition(context.TODO(), o), nil
	}
	return nil, fmt.Errorf("no validation for %T", obj)
}
